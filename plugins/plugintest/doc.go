// Package plugintest is the conformance suite of the plugin contract: one
// named case for each sentence that package plugins promises its engine. Every
// plugin must pass it; a plugin that does needs no code in the engine that
// knows it.
//
// A plugin's test says how to make a reader over a source that does not
// change, and how to make empty targets whose visible rows can be read back
// without the writer's own code; Run does the rest:
//
//	func TestConformance(t *testing.T) {
//		plugintest.Run(t, plugintest.Suite{
//			Reader: &plugintest.Reader{
//				New:     func() (plugins.Reader, error) { return newReader(config, setup) },
//				Columns: columns,
//				Rows:    1000,
//			},
//			Writer: &plugintest.Writer{
//				NewTarget: func() (*plugintest.Target, error) { ... },
//				Columns:   columns,
//			},
//		})
//	}
//
// Either side may be missing. What a plugin cannot do is said in the suite
// (Writer.Blind, Reader.Blocked nil) and takes the cases away that need it;
// nothing is skipped while it runs. The suite is tested itself, against
// plugins that break one sentence each.
//
// Not covered, since it needs the system itself to die: that a sealed unit
// survives a crash of the target. That belongs to each plugin's own tests.
package plugintest
