// The counter in Go: the compiler of the Go project itself, no generated bindings. This file is the plugin;
// abi.go is the canonical ABI by hand.
package main

import (
	"sort"
	"strings"
)

var count uint32

func increment() uint32 {
	count++
	return count
}

func add(a, b uint32) uint32 { return a + b }

func fail(message string) (uint32, string, bool) { return 0, message, false }

func trap() { panic("trap was called") }

type entry struct {
	word  string
	count uint32
}

func countWords(text string) []entry {
	counts := map[string]uint32{}
	for _, word := range strings.FieldsFunc(text, isASCIISpace) {
		counts[word]++
	}
	entries := make([]entry, 0, len(counts))
	for word, n := range counts {
		entries = append(entries, entry{word, n})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].word < entries[j].word })
	return entries
}

func isASCIISpace(r rune) bool {
	return r == ' ' || r == '\t' || r == '\n' || r == '\f' || r == '\r'
}
