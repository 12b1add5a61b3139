package submit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"weft/internal/fsys"
)

// Permissions of what is uploaded: the user's own NodeManager-side processes
// read it, nobody else needs to.
const (
	folderPerm fs.FileMode = 0o700
	binaryPerm fs.FileMode = 0o700
)

// uploadBuffer is the piece in which the binary is sent.
const uploadBuffer = 1 << 20

// Binary makes sure that the program at path (usually os.Executable) lies under
// <staging>/bin/<sha256>/weft and returns that place. unique names temporary
// files; it must differ between concurrent callers.
func Binary(ctx context.Context, files *fsys.Opener, staging, path, unique string) (fsys.Path, error) {
	sum, err := hashFile(path)
	if err != nil {
		return fsys.Path{}, fmt.Errorf("upload program: %w", err)
	}
	root, err := files.Resolve(staging)
	if err != nil {
		return fsys.Path{}, fmt.Errorf("upload program: %w", err)
	}
	target, _, err := files.Open(ctx, staging)
	if err != nil {
		return fsys.Path{}, fmt.Errorf("upload program: %w", err)
	}
	place := root.Join("bin", sum, "weft")
	if _, err := target.Stat(ctx, place.Name); err == nil {
		return place, nil
	}
	if err := upload(ctx, target, path, place.Name, unique); err != nil {
		return fsys.Path{}, fmt.Errorf("upload program to %s: %w", place, err)
	}
	return place, nil
}

func upload(ctx context.Context, target fsys.FS, from, to, unique string) error {
	dir := to[:len(to)-len("/weft")]
	if err := fsys.MkdirAll(ctx, target, dir, folderPerm); err != nil {
		return err
	}
	partial := dir + "/.weft-" + unique
	if err := copyFile(ctx, target, from, partial); err != nil {
		return errors.Join(err, target.RemoveAll(context.WithoutCancel(ctx), partial))
	}
	err := target.RenameNoReplace(ctx, partial, to)
	if errors.Is(err, fs.ErrExist) {
		// Another submit was faster; what it put there has the same bytes.
		return target.Remove(ctx, partial)
	}
	return err
}

func copyFile(ctx context.Context, target fsys.FS, from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	file, err := target.Create(ctx, to, binaryPerm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = io.CopyBuffer(struct{ io.Writer }{file}, struct{ io.Reader }{source}, make([]byte, uploadBuffer))
	return err
}

func hashFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
