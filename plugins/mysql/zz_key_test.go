package mysql
import ("weft/internal/sqlread"; "weft/plugins")
func keyID() sqlread.KeyColumn { return sqlread.KeyColumn{Name: "id", Kind: plugins.KindInt64} }
