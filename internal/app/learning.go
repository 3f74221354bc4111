package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"techmarket/internal/market/matching"
	"techmarket/search"
)

func (s *Services) modelFile() string {
	return filepath.Join(s.Platform.Config.Data, "matching.model")
}

// loadModel reads what was learned last; without it matching begins with an empty model until the job has run.
func (s *Services) loadModel() (*matching.Model, error) {
	if f, err := os.Open(s.modelFile()); err == nil {
		defer f.Close()
		if m, err := matching.Load(f); err == nil {
			return m, nil
		}
	}
	return matching.Learn(context.Background(), s.analyzer, func(func(search.Document, error) bool) {})
}

// relearn is the nightly job, which also runs at the start: then it leaves alone what was learned within the last 20 hours from nearly
// as many listings as there are, because learning from 100,000 keeps one core busy for a minute and a half.
func (s *Services) relearn(ctx context.Context) error {
	if known, err := os.Stat(s.modelFile()); err == nil && s.Platform.Now().Sub(known.ModTime()) < 20*time.Hour {
		stats, err := s.Embedded.Stats(ctx)
		if m := s.model.Load(); err == nil && m != nil && 10*max(stats.Documents-m.Docs, m.Docs-stats.Documents) <= stats.Documents {
			return nil
		}
	}
	return s.Learn(ctx, true)
}

// Learn reads all public listings and puts what their words teach into use.
// Beside visitors it rests after each batch for as long as it worked, so that they keep most of two cores.
func (s *Services) Learn(ctx context.Context, beside bool) error {
	s.learning.Lock() // two at once would cost twice and say the same
	defer s.learning.Unlock()
	stop, began := errors.New("stop"), time.Now()
	model, err := matching.Learn(ctx, s.analyzer, func(yield func(search.Document, error) bool) {
		err := s.Listings.Documents(ctx, func(docs ...search.Document) error {
			for _, d := range docs {
				if !yield(d, nil) {
					return stop
				}
			}
			if beside {
				time.Sleep(time.Since(began))
				began = time.Now()
			}
			return ctx.Err()
		})
		if err != nil && !errors.Is(err, stop) {
			yield(search.Document{}, err)
		}
	})
	if err != nil {
		return err
	}
	s.model.Store(model)
	s.Watch.Relearned()
	var b bytes.Buffer
	if err := model.Save(&b); err != nil {
		return err
	}
	defer debug.FreeOSMemory() // learning took many times what is kept
	return s.writeModel(b.Bytes())
}

// writeModel replaces the file whole; its working name is its own, because a command beside the market may be learning too.
func (s *Services) writeModel(b []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(s.modelFile()), "matching.model.*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // nothing is there after the rename
	_, err = temp.Write(b)
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), s.modelFile())
}
