package main

import "context"

type demoContract struct{}
type paperMill struct{}

func (p *paperMill) stop()                                          {}
func (l *demoLoader) planDeals()                                    {}
func (l *demoLoader) planContracts()                                {}
func (l *demoLoader) print(ctx context.Context) (*paperMill, error) { return nil, nil }
func (l *demoLoader) count(ctx context.Context) error               { return nil }
