package app

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"techmarket/internal/foundation/fault"
)

// weightsFile holds the fusion weight measured for each model.
const weightsFile = "embedder-weights.json"

func KeepWeight(folder, model string, weight float64) error {
	kept, err := keptWeights(folder)
	if err != nil {
		return err
	}
	kept[model] = weight
	raw, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, weightsFile), raw, 0o600)
}

func keptWeights(folder string) (map[string]float64, error) {
	kept := map[string]float64{}
	raw, err := os.ReadFile(filepath.Join(folder, weightsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return kept, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &kept); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "embedder_weights",
			"数据文件夹里的 "+weightsFile+" 不是有效的 JSON，请删除它或重新测量（techmarket eval --embedder … --keep）。")
	}
	return kept, nil
}
