package archive

import (
	"fmt"

	"dsr-server/internal/sign"
)

// checkSignature checks that the manifest is signed for this purpose and, unless
// allowed is nil, by a key that allowed names.
func (v *verifier) checkSignature(text []byte, hasText bool, allowed []byte) error {
	armored, ok := v.read(signatureName, maxSignature)
	if !ok || !hasText {
		return nil // reported as missing
	}
	signature, err := sign.ReadSignature(armored)
	if err != nil {
		v.problem(Signature, signatureName, "%v", err)
		return nil
	}
	if !signature.Bare() {
		v.problem(Altered, signatureName, "holds more than a signature")
	}
	if err := signature.Verify(text, sign.Namespace); err != nil {
		v.problem(Signature, manifestName, "is not what was signed: %v", err)
		return nil
	}
	v.report.Fingerprint = signature.Fingerprint()
	if allowed == nil {
		return nil
	}
	return v.checkSigner(signature, allowed)
}

func (v *verifier) checkSigner(signature sign.Signature, allowed []byte) error {
	ok, err := signature.AllowedBy(allowed)
	if err != nil {
		return fmt.Errorf("%w: allowed signers: %w", ErrUnreadable, err)
	}
	v.report.SignerChecked = ok
	if !ok {
		v.problem(Signature, signatureName, "the key %s is not one of the allowed signers", signature.Fingerprint())
	}
	return nil
}
