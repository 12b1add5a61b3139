// Package faulty wraps any file system and makes it fail where a test says: the
// k-th operation, before it is done or after, by kind or by name. It also counts
// durable operations, which is how crash-at-k tests enumerate every point at
// which a process can die:
//
//	golden := faulty.Wrap(store.Client())
//	work(golden)                                  // N := golden.Durable()
//	for k := 1; k <= N; k++ {
//		for _, when := range []faulty.When{faulty.Before, faulty.After} {
//			victim := store.Client()
//			f := faulty.Wrap(victim)
//			f.Add(faulty.Rule{DurableNth: k, When: when, Err: errDead, Dead: true, Do: victim.Crash})
//			work(f)                               // dies at k
//			recover(store.Client())               // must come out right
//		}
//	}
//
// After means that the operation took place and its answer was lost.
package faulty
