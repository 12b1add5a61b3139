package checkpoint

import "context"

// binaryName says which uploaded program the run's processes are.
const binaryName = "binary.json"

// Binary is the uploaded program of a run.
type Binary struct {
	// URI is where it lies.
	URI string `json:"uri"`
}

// PutBinary stores which program the newest application of the run uses, in
// place of what an earlier one used: as long as the folder says so, nobody
// removes that program.
func (f Folder) PutBinary(ctx context.Context, b Binary) error {
	return f.put(ctx, binaryName, &b, f.FS.Rename)
}

// Binary returns the program that the run uses; fs.ErrNotExist if it has never
// been submitted.
func (f Folder) Binary(ctx context.Context) (*Binary, error) { return get[Binary](ctx, f, binaryName) }
