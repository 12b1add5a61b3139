// Package sched decides: which container to ask for, which split goes to which
// slot, which unit is accepted, when to commit and when to give up.
//
// Machine.Step is a function of its state, the time and one Event; it returns
// Effects, which are data. It does no I/O, has no clock and no goroutine: the
// same events at the same times give the same effects, so a fault that was seen
// once is a transcript that can be read and repeated (testdata/). Every event
// is legal in every state; one that has come too late changes nothing.
//
// The caller (am.Master) carries the effects out in their order and feeds what
// comes of them back as events.
//
// # The run
//
//	planning --Planned--> attaching --survivors heard, or Attach over--> fencing --Fenced--> running
//	    |                    |                                              |                  |
//	    | Broken, Kill       | Kill, Broken                                 | Kill, Broken     |
//	    v                    v                                              v                  |
//	 finished             finished                                       draining              |
//	                                                                                           |
//	running --all done and ended, RM heard of--> committing --Committed--> finished (SUCCEEDED)
//	   |                                             |
//	   | error limit, fatal error,                   | CommitFailed
//	   v attempts spent, Kill, Broken                v
//	draining --no attempt left, or deadline--> finished (FAILED, KILLED)
//
// Attaching takes no time when no container outlived an earlier app attempt;
// adopt.go draws it. Once committing, Kill comes too late: a commit goes forward
// only. A run that ends because it is fenced answers nobody any more: its
// containers are its successor's.
//
// # A split
//
//	            Wants                     Journalled(last unit)
//	waiting ------------> running -------------------------------> done
//	   |    adopted          |
//	   +-------------------->+
//	   ^                     |
//	   +---------------------+  drained, stopped:        nothing counted
//	     (after a pause,        lost, lease over:        every fifth in a row counts
//	      and not while a       preempted:               nothing counted
//	      unit is being         failed, container died:  counts; at MaxAttempts the run drains
//	      journalled)
//
// # A unit
//
//	offered --stamp not current, wrong sequence--> fenced
//	        --before the targets are fenced------> not yet
//	        --RM silent for CommitWindow---------> not yet
//	        --else--> being journalled --Journalled--> accepted
//
// # A container
//
//	asked --Granted--> starting --first Wants--> live --Gone--> (asked for again if needed)
//	                      |                        |
//	                      | StartFailed, deadline  | silent for two leases: stopped
//	                      v                        v
//	                    gone                     gone
//
//	kept (by YARN, from an earlier app attempt) --its slots heard--> live
//	                                            --Attach over-----> given back
//
//	live --Preempting--> leaving: its attempts are drained, then it is told to leave
//
// A node on which containers keep failing is excluded. Exit statuses follow
// org.apache.hadoop.yarn.api.records.ContainerExitStatus.
package sched
