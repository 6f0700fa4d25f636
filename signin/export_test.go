package signin

// What fuzz targets reach.
var (
	ReadCAS  = readCAS
	CASEnded = casEnded
)
