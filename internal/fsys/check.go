package fsys

import (
	"fmt"
	"io/fs"
)

// CheckName is what every back end asks first: the name must be absolute and
// clean (see [Clean]), else fs.ErrInvalid. Back ends never correct a name: two
// spellings of one place would break the counting of files.
func CheckName(op, name string) error {
	clean, err := Clean(name)
	if err == nil && clean != name {
		err = fmt.Errorf("name is not clean, that would be %q", clean)
	}
	if err != nil {
		return &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("%w: %w", fs.ErrInvalid, err)}
	}
	return nil
}

// CheckRename checks both names of a rename; a name that stays the same, and a
// directory moved into itself, are fs.ErrInvalid as with rename(2) and
// FSDirRenameOp.validateRenameSource.
func CheckRename(op, from, to string) error {
	if err := CheckName(op, from); err != nil {
		return err
	}
	if err := CheckName(op, to); err != nil {
		return err
	}
	if Within(to, from) || from == "/" {
		return &fs.PathError{Op: op, Path: from, Err: fmt.Errorf("%w: the new name %q lies within it", fs.ErrInvalid, to)}
	}
	return nil
}
