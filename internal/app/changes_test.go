package app

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestChanges_AFloodOfChangesDropsWhatIsKeptOnceASecondAndForgetsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newChanges(nil)
		c.live.Store(true)
		began, _ := c.State()
		for range 400 { // ten seconds of certificates
			c.heard("")
			time.Sleep(25 * time.Millisecond)
		}
		during, _ := c.State()
		if drops := during - began; drops < 9 || drops > 11 {
			t.Errorf("%d drops in ten seconds", drops)
		}
		c.heard("")
		time.Sleep(betweenDrops)
		synctest.Wait()
		if after, _ := c.State(); after == during {
			t.Error("the last change was forgotten")
		}
	})
}

func TestChanges_WhoWaitsForHisOwnChangeSeesItAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newChanges(nil)
		c.heard("") // dropped at once, so that the next would rest
		before, _ := c.State()
		echo := make(chan struct{})
		c.waiting["mine"] = echo
		c.heard("")
		c.heard("mine")
		<-echo
		if after, _ := c.State(); after == before {
			t.Error("the own change is not known when its echo has come")
		}
		time.Sleep(2 * betweenDrops)
		synctest.Wait()
		if after, _ := c.State(); after != before+1 {
			t.Errorf("dropped %d times for one change", after-before)
		}
	})
}
