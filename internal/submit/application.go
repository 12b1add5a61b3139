package submit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/internal/hadoop"
	"weft/internal/job"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// Application is everything that goes to the ResourceManager for a run.
type Application struct {
	// ID was reserved with rm.NewApplication.
	ID yarnid.Application
	// Run is the run id, Folder the URI of its folder, Binary that of the
	// program.
	Run, Folder, Binary string
	// Spec is the job.
	Spec *job.Spec
	// Secret is the application secret.
	Secret []byte
	// Files are the local resources of the ApplicationMaster.
	Files map[string]record.LocalResource
	// User is who the processes are on a cluster without Kerberos.
	User string
}

// Submission describes the application to YARN.
func (a Application) Submission() rm.Submission {
	y := a.Spec.Setting.YARN
	credentials := &token.Credentials{}
	credentials.SetSecret(hadoop.SecretMaster, a.Secret)
	launch := hadoop.Launch{
		Role: hadoop.RoleMaster, Run: a.Folder, Binary: a.Binary, User: a.User,
		MemoryMiB: int64(y.MasterMemoryMiB), Files: a.Files, Credentials: credentials,
		Patience: time.Duration(a.Spec.Setting.Timeout.Cluster),
	}
	priority := int32(y.Priority)
	return rm.Submission{
		ID: a.ID, Name: a.Spec.Name, Queue: y.Queue, Type: ApplicationType,
		Tags: Tags(a.Run, a.Spec.Name, y.Tags), Priority: &priority,
		Resource:  record.Resource{MemoryMB: int64(y.MasterMemoryMiB), VCores: 1},
		Launch:    launch.Context(),
		NodeLabel: y.NodeLabel, MaxAttempts: int32(y.MaxMasterAttempts),
		KeepContainers: a.Spec.Setting.AM.KeepContainers,
	}
}

// ErrRejected says that YARN did not take the application.
var ErrRejected = errors.New("yarn refused the application")

// Submit hands the application over and waits until it is accepted. ErrRejected
// carries YARN's reason.
func Submit(ctx context.Context, client *rm.Client, a Application) (*rm.Report, error) {
	report, err := client.SubmitWait(ctx, a.Submission())
	if err != nil {
		return nil, fmt.Errorf("submit application %v: %w", a.ID, err)
	}
	if report.State == rm.StateFailed || report.State == rm.StateKilled {
		return report, fmt.Errorf("submit application %v: %w: %s", a.ID, ErrRejected, report.Diagnostics)
	}
	return report, nil
}
