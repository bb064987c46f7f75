package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"penates"
	"penates/internal/store"
)

// rounds is how many names the suite lets writers fight for.
const rounds = 25

// testRaces lets eight writers, each with a store of its own, fight for names.
func testRaces(t *testing.T, open Place) {
	writers := make([]store.Store, 8)
	for i := range writers {
		writers[i] = open(t)
	}
	if !store.Fenced(writers[0]) {
		t.Log("this store does not decide between writers; only its own word is tested")
		return
	}
	for round := range rounds {
		Race(t, fmt.Sprintf("race/%d", round), writers...)
	}
}

// Race lets writers put different data under one name at the same moment, and
// fails unless exactly one wins, its data are there and all others are told.
// It returns who won.
func Race(tb testing.TB, name string, writers ...store.Store) (winner int) {
	tb.Helper()
	var all sync.WaitGroup
	start, errs := make(chan struct{}), make([]error, len(writers))
	for i, s := range writers {
		all.Go(func() {
			<-start
			errs[i] = s.PutIfAbsent(tb.Context(), name, Bytes(uint64(i), 3000))
		})
	}
	close(start)
	all.Wait()
	winner = slices.Index(errs, nil)
	if winner < 0 {
		tb.Fatalf("%s: nobody won: %v", name, errors.Join(errs...))
	}
	for i, err := range errs {
		if i != winner && !errors.Is(err, penates.Exists) {
			tb.Fatalf("%s: %d won, %d was told: %v", name, winner, i, err)
		}
	}
	for _, s := range writers {
		got, err := s.Get(tb.Context(), name)
		if err != nil || !bytes.Equal(got, Bytes(uint64(winner), 3000)) {
			tb.Fatalf("%s: %d won, its data are not there: %v", name, winner, err)
		}
	}
	return winner
}

// Duels lets two writers fight for names, one after the other, that many times.
func Duels(t *testing.T, place NewPlace, times int) {
	open := place(t)
	writers, won := []store.Store{open(t), open(t)}, [2]int{}
	if !store.Fenced(writers[0]) {
		t.Fatal("the store does not decide between writers")
	}
	for i := range times {
		won[Race(t, fmt.Sprintf("duel/%d/%d", i/1000, i), writers...)]++
	}
	t.Logf("%d duels, each won by one: %d by the first writer, %d by the second", times, won[0], won[1])
}
