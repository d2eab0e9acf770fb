package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dsr-server/internal/dsr"
)

// AcceptLoss is a file in the archive folder with which an operator says that the
// archives the database names are known to be lost.
const AcceptLoss = "accept-loss"

// Recognise refuses a folder that is not the one the database speaks of: with archives
// although the database has never had a request, or without any of those it names. It
// changes nothing.
func Recognise(dir string, known dsr.ArchiveFiles) error {
	here, err := archivesIn(dir)
	if err != nil {
		return fmt.Errorf("archive folder: %w", err)
	}
	if len(here) > 0 && known.Since.IsZero() {
		return fmt.Errorf("data_dir: there is %s in %s, and the database dsr.db has never had a request: it is not the one that made them. Stop and restore "+
			"the dsr.db with which they were made, and its master.key; without it nobody can open them. To go on with this database, move them out of data_dir first",
			count(len(here), "archive"), dir)
	}
	inForce, found := 0, 0
	for name, f := range known.States {
		if f.InForce {
			inForce++
			if here[name] {
				found++
			}
		}
	}
	if inForce == 0 || found > 0 || accepted(dir) {
		return nil
	}
	return fmt.Errorf("data_dir: the database names %s, and none of them is in %s: mount that folder, or restore it from the backup. "+
		"If they are lost for good, make an empty file %s and start again: those requests stay as they are, and their downloads fail",
		count(inForce, "archive"), dir, filepath.Join(dir, AcceptLoss))
}

func archivesIn(dir string) (map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	here := map[string]bool{}
	for _, e := range entries {
		if name, whole := strings.CutSuffix(e.Name(), suffix); whole {
			here[name] = true
		}
	}
	return here, nil
}

func accepted(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, AcceptLoss))
	return err == nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
