package postgres

// MigrateFrom lets tests migrate by steps of their own.
var MigrateFrom = migrate
