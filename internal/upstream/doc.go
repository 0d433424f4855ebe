// Package upstream asks an HTTP/1.1 server on the goroutine that wants the
// answer.
//
// net/http's Transport gives each connection two goroutines, one that writes and
// one that reads, because a request's body may still be on its way while the
// answer comes. A request without a body has nothing to write once the answer
// begins, nor has one whose body is short enough to be read before; handing it to
// two goroutines and back then costs more than all that the gate does. A [Client]
// writes it, in one piece, waits for the answer and reads that itself. It reads
// with net/http's own code (http.ReadResponse), so that what counts as an answer is
// decided by that alone; it writes what http.Request.Write would, byte by byte, to
// which FuzzMessage holds it.
//
// What it does not take ([Takes]) is for a Transport.
package upstream
