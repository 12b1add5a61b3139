// Package hadoopconf reads the *-site.xml files of a Hadoop client and answers
// the questions that weft's clients ask of them: which addresses has this
// nameservice, which ResourceManagers are there, how long to wait between two.
//
// Start with [FromEnvironment] or [Load], which give a [Conf]. It follows
// org.apache.hadoop.conf.Configuration: files are read in order, a later value
// wins unless an earlier one is final, ${name} and ${env.NAME:-default} are
// expanded, XInclude is followed, deprecated names are understood. Unlike Java
// it knows defaults only for what it has a method for, and it never guesses: a
// malformed number is an error that names the key, the value and the file.
//
// Addresses are resolved per nameservice, never pooled over all of them.
//
//	conf, err := hadoopconf.FromEnvironment(os.LookupEnv)
//	nn, err := conf.Namenodes("ns1")                       // [nn1.x:8020 nn2.x:8020]
//	rm, err := conf.ResourceManagers(hadoopconf.Scheduler) // [rm1.x:8030 rm2.x:8030]
//
// A Conf is read-only once loaded and may be used by many goroutines. The
// package imports the standard library only.
package hadoopconf
