package main

import "unsafe"

// The canonical ABI, by hand: strings come as (address, length), compound results go as the address of an area.
//
//	A1  Memory that the host fills or reads stays reachable from `lent`, so that the collector keeps it.
//	A2  What a call was lent is released when the call's result has been read (cabi_post_…), or when it returns.

func main() {} // never run: a reactor has no start of its own

var lent []any

func lend[T any](value *T) *T {
	lent = append(lent, value) // A1
	return value
}

func release() { lent = nil } // A2

// Words of 8 bytes give every alignment that WIT asks for. The name is the one for arguments of exports only:
// the plain cabi_realloc would be asked for memory before the runtime of Go has started.
//
//go:wasmexport cabi_export_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	words := make([]uint64, (size+7)/8+1)
	lent = append(lent, words) // A1
	fresh := unsafe.Pointer(unsafe.SliceData(words))
	copy(unsafe.Slice((*byte)(fresh), size), unsafe.Slice((*byte)(old), min(oldSize, size)))
	return fresh
}

//go:wasmexport increment
func exportIncrement() uint32 { return increment() }

//go:wasmexport add
func exportAdd(a, b uint32) uint32 { return add(a, b) }

//go:wasmexport trap
func exportTrap() { trap() }

// As `result<u32, string>` lies in memory: the case, padding, then the payload.
type failArea struct {
	isErr uint32
	word  uint32
	size  uint32
}

//go:wasmexport fail
func exportFail(data unsafe.Pointer, size uint32) unsafe.Pointer {
	number, message, ok := fail(textAt(data, size))
	area := lend(&failArea{word: number})
	if !ok {
		*area = failArea{isErr: 1, word: addressOf(message), size: uint32(len(message))}
		lend(&message)
	}
	return unsafe.Pointer(area)
}

//go:wasmexport cabi_post_fail
func exportFailDone(unsafe.Pointer) { release() }

type entryArea struct{ word, size, count uint32 }

type listArea struct{ first, length uint32 }

//go:wasmexport count-words
func exportCountWords(data unsafe.Pointer, size uint32) unsafe.Pointer {
	entries := countWords(textAt(data, size))
	areas := make([]entryArea, len(entries)+1)
	for i, e := range entries {
		areas[i] = entryArea{addressOf(e.word), uint32(len(e.word)), e.count}
	}
	lend(&entries)
	lend(&areas)
	first := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(areas))))
	return unsafe.Pointer(lend(&listArea{first, uint32(len(entries))}))
}

//go:wasmexport cabi_post_count-words
func exportCountWordsDone(unsafe.Pointer) { release() }

// A copy: the argument's memory is only lent for the call.
func textAt(data unsafe.Pointer, size uint32) string {
	return string(unsafe.Slice((*byte)(data), size))
}

func addressOf(text string) uint32 {
	return uint32(uintptr(unsafe.Pointer(unsafe.StringData(text))))
}
