package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// Bench measures what backup and hosting ask of a kind of store: small puts, one
// after the other and many at once, a big one, reading both, and listing.
func Bench(b *testing.B, place NewPlace) {
	open := place(b)
	s := open(b)
	small, big := Bytes(1, 4<<10), Bytes(2, 4<<20)
	var n atomic.Int64
	b.Run("Put4KB", func(b *testing.B) {
		b.SetBytes(int64(len(small)))
		for b.Loop() {
			put(b, s, fmt.Sprintf("put/%012d", n.Add(1)), small)
		}
	})
	b.Run("Put4KBParallel", func(b *testing.B) {
		b.SetBytes(int64(len(small)))
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := s.PutIfAbsent(b.Context(), fmt.Sprintf("parallel/%012d", n.Add(1)), small); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
	b.Run("Put4MB", func(b *testing.B) {
		b.SetBytes(int64(len(big)))
		for b.Loop() {
			put(b, s, fmt.Sprintf("big/%012d", n.Add(1)), big)
		}
	})
	put(b, s, "get/small", small)
	put(b, s, "get/big", big)
	for name, size := range map[string]int{"small": len(small), "big": len(big)} {
		b.Run("Get/"+name, func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := s.Get(b.Context(), "get/"+name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for i := range 1000 {
		put(b, s, fmt.Sprintf("list/%04d", i), nil)
	}
	b.Run("List1000", func(b *testing.B) {
		for b.Loop() {
			if names := Names(b, s, "list/", ""); len(names) != 1000 {
				b.Fatal(len(names))
			}
		}
	})
}
