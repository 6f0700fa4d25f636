// Loaded only on the pages that ask for a passkey. Browsers of the floor know
// neither parseCreationOptionsFromJSON nor toJSON, so both are done here.
interface Question {
  challenge: string;
  timeout?: number;
  rpId?: string;
  userVerification?: UserVerificationRequirement;
  rp?: PublicKeyCredentialRpEntity;
  user?: { id: string; name: string; displayName: string };
  pubKeyCredParams?: PublicKeyCredentialParameters[];
  excludeCredentials?: { id: string; type: PublicKeyCredentialType; transports?: AuthenticatorTransport[] }[];
  authenticatorSelection?: AuthenticatorSelectionCriteria;
  attestation?: AttestationConveyancePreference;
}

function bytes(text: string): ArrayBuffer {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer;
}

function text(data: ArrayBuffer): string {
  const raw = Array.from(new Uint8Array(data), (b) => String.fromCharCode(b)).join("");
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// made has the device make a passkey.
async function made(q: Question): Promise<object> {
  const { rp, user, pubKeyCredParams } = q;
  if (!rp || !user || !pubKeyCredParams) throw new Error("no question");
  const publicKey: PublicKeyCredentialCreationOptions = {
    rp,
    pubKeyCredParams,
    challenge: bytes(q.challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: (q.excludeCredentials ?? []).map((c) => ({ ...c, id: bytes(c.id) })),
  };
  if (q.timeout) publicKey.timeout = q.timeout;
  if (q.authenticatorSelection) publicKey.authenticatorSelection = q.authenticatorSelection;
  if (q.attestation) publicKey.attestation = q.attestation;
  const key = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const answer = key.response as AuthenticatorAttestationResponse;
  return {
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    clientExtensionResults: key.getClientExtensionResults(),
    response: {
      clientDataJSON: text(answer.clientDataJSON),
      attestationObject: text(answer.attestationObject),
      transports: answer.getTransports(),
    },
  };
}

// got has a device answer by one of its passkeys.
async function got(q: Question): Promise<object> {
  const publicKey: PublicKeyCredentialRequestOptions = { challenge: bytes(q.challenge) };
  if (q.rpId) publicKey.rpId = q.rpId;
  if (q.timeout) publicKey.timeout = q.timeout;
  if (q.userVerification) publicKey.userVerification = q.userVerification;
  const key = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const answer = key.response as AuthenticatorAssertionResponse;
  return {
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    clientExtensionResults: key.getClientExtensionResults(),
    response: {
      clientDataJSON: text(answer.clientDataJSON),
      authenticatorData: text(answer.authenticatorData),
      signature: text(answer.signature),
      userHandle: answer.userHandle ? text(answer.userHandle) : "",
    },
  };
}

// pass-key shows its form where the browser has passkeys. Before the form goes
// out, the device is asked and its answer put into the form.
class PassKey extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector("form");
    const field = form?.querySelector<HTMLInputElement>("input[name=answer]");
    const button = form?.querySelector("button");
    const alert = form?.querySelector<HTMLElement>("[role=alert]");
    if (!window.PublicKeyCredential || !form || !field || !button || !alert) return;
    for (const hidden of this.querySelectorAll<HTMLElement>("section, form")) hidden.hidden = false;
    for (const without of this.querySelectorAll<HTMLElement>("[data-without]")) without.hidden = true;
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      alert.hidden = true;
      button.disabled = true;
      this.answer()
        .then((answer) => {
          field.value = JSON.stringify(answer);
          form.submit();
        })
        .catch(() => {
          // The person broke off, the device has no passkey, or the server refuses.
          alert.textContent = this.dataset["failed"] ?? "";
          alert.hidden = false;
          button.disabled = false;
        });
    });
  }

  private async answer(): Promise<object> {
    const res = await fetch(this.dataset["ask"] ?? "", { method: "POST" });
    if (!res.ok) throw new Error(String(res.status));
    const q = (await res.json()) as Question;
    return q.user ? made(q) : got(q);
  }
}

customElements.define("pass-key", PassKey);
