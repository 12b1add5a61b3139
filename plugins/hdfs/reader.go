package hdfs
