package certify

import (
	"techmarket/web"
)

func (p *Pages) registryRoutes() []web.Route {
	desk := web.Desk()
	reader := web.CaseReaders()
	region := web.RegionOfficers()
	return []web.Route{
		web.GET("/registry", desk, p.queue),
		web.GET("/registry/batch", desk, p.batch),
		web.POST("/registry/batch", desk, p.doBatch),
		web.GET("/filings/:id", reader, p.filing),
		web.GET("/filings/:id/compare/:other", desk, p.compareTexts),
		web.POST("/filings/:id/sums", web.Registrars(), p.reviewSums),
		web.POST("/filings/:id/review", web.Registrars(), p.saveReview),
		web.POST("/filings/:id/do", reader, p.moveFiling).WithFiles(),
		web.GET("/filings/:id/files/:file", reader, p.filingFile),
		web.GET("/registrations", reader, p.registrations),
		web.GET("/registrations/:number", reader, p.registration),
		web.POST("/registrations/:number/do", reader, p.moveRegistration).WithFiles(),
		web.GET("/registrations/:number/files/:file", reader, p.registrationFile),
		web.GET("/registrations/:number/certificate", reader, p.certificateFile),
		web.GET("/points", web.Anyone(), p.points).Public("league", "kind", "q"),
		web.GET("/points/:id", web.Anyone(), p.point).Public("year"),
		web.POST("/points/:id/state", region, p.setPointState),
		web.GET("/rules", web.Anyone(), p.rules).Public(),
		web.GET("/verify", web.Anyone(), p.verify).Public(),
		web.GET("/v/:number", web.Anyone(), p.verified),
	}
}
