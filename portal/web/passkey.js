// Asks the browser for a passkey, or to make one, and posts what it says with the form around. What is wanted, and what
// is said when it fails, is in the page; nothing is fetched, and nothing is kept.
"use strict";
(() => {
  const place = document.querySelector("[data-passkey]");
  if (!place) return;
  const { passkey, rp, rpName, user, userId, challenge, credentials, unsupported, cancelled, known, failed } = place.dataset;
  const form = place.closest("form"), button = form.querySelector("button"), trouble = place.querySelector("[role=alert]");

  const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const base64url = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  const listed = credentials.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: octets(id) }));

  const say = (text) => {
    trouble.querySelector("span").textContent = text;
    trouble.hidden = false;
  };
  const fill = (fields) => {
    for (const [name, buffer] of Object.entries(fields)) form.elements[name].value = base64url(buffer);
  };

  const sign = async () => {
    const { rawId, response } = await navigator.credentials.get({
      publicKey: { challenge: octets(challenge), rpId: rp, allowCredentials: listed, userVerification: "preferred" },
    });
    fill({ credential: rawId, "client-data": response.clientDataJSON, "authenticator-data": response.authenticatorData, signature: response.signature });
  };
  const make = async () => {
    const { response } = await navigator.credentials.create({
      publicKey: {
        challenge: octets(challenge),
        rp: { id: rp, name: rpName },
        user: { id: octets(userId), name: user, displayName: user },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),  // ES256, EdDSA, RS256
        excludeCredentials: listed,
        authenticatorSelection: { userVerification: "preferred" },
        attestation: "none",
      },
    });
    fill({ "client-data": response.clientDataJSON, attestation: response.attestationObject });
  };

  if (!window.PublicKeyCredential) {
    say(unsupported);
    return;
  }
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    trouble.hidden = true;
    try {
      await (passkey === "make" ? make() : sign());
      form.submit();
    } catch (error) {
      button.disabled = false;
      say({ NotAllowedError: cancelled, AbortError: cancelled, InvalidStateError: known }[error.name] || failed);
    }
  });
})();
