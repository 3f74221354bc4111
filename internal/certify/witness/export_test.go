package witness

// AllIn lets tests compare inside a transaction of their own.
var AllIn = (*Book).all
