// Package proxy is a TCP relay that breaks in the ways networks break, for
// tests: it stands between weft and a server, and cuts, silences, delays or
// swallows what passes.
//
//	client ──► Proxy ──► server
//
// # Guarantees
//
//   - While nothing is asked for, every byte passes, in order.
//   - A cut connection ends with a reset (RST), as when a process is killed by a
//     peer; a silent one stays open and nothing passes, as when a cable is pulled.
//   - DropAnswerTo passes the request on before it swallows the answer: the
//     server has acted, and the client cannot know.
//   - Close ends every goroutine before it returns.
//
// # Example
//
//	p, err := proxy.Listen(server.Addr())
//	defer p.Close()
//	p.DropAnswerTo([]byte("COMMIT"))
package proxy
