package seal

// SealUnversioned is Seal as it was before sealed values had a version.
func SealUnversioned(k Key, p Place, plain []byte) []byte {
	return k.gcm().Seal(nil, nil, plain, p.bytes())
}
