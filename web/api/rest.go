package api

func (a *API) importOperations()       {}
func (a *API) dealOperations()         {}
func (a *API) brokerOperations()       {}
func (a *API) contractOperations()     {}
func (a *API) filingOperations()       {}
func (a *API) registrationOperations() {}
func (a *API) pointOperations()        {}
func (a *API) statsOperations()        {}
func (a *API) fileOperations()         {}
