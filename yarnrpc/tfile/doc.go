// Package tfile reads the container logs that NodeManagers gather in HDFS after
// an application has ended, in Hadoop's default format, TFile
// (org.apache.hadoop.io.file.tfile.TFile, written by
// org.apache.hadoop.yarn.logaggregation.AggregatedLogFormat).
//
// It only decodes bytes; where the files lie and how they are opened is the
// caller's. Sizes in the file are bounded before anything is allocated, and a
// damaged file gives an error, never a panic.
//
// # Layout
//
//	+--------------------+
//	| data block 0..n    |  records back to back, each block compressed alone
//	+--------------------+
//	| TFile.meta         |
//	| TFile.index        |
//	| BCFile.index       |  default compression; regions of the data blocks
//	+--------------------+
//	| meta index         |  count; per entry "data:"+name, compression, region
//	+--------------------+
//	| offset of it int64 | version int16 int16 | magic 16 bytes |   28 bytes
//	+--------------------+
//
// # Example
//
//	err := tfile.Walk(file, size, func(container, name string, log io.Reader) error {
//		fmt.Println(container, name)
//		_, err := io.Copy(os.Stdout, log)
//		return err
//	})
package tfile
