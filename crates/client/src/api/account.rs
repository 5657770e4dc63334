//! One's own account, consents, and the privacy policy.

use crate::http::read;
use crate::{Client, Result};
use reqwest::Method;
use umbrachat_protocol::{
    ChangePassword, ChangeSecondFactor, ConfirmSecondFactor, Consent, EraseMe, Erased, ErasedMessages,
    ErasureReceipt, GiveConsent, Me, MyData, NewSecondFactor, PolicyVersion, PrivacyPolicy, RecoveryCodes,
    RenewRecoveryCodes, SecondFactor, SecurityEvent, Session, SessionId, Snapshot, UpdateMe, paths,
};

impl Client {
    pub async fn me(&self) -> Result<Me> {
        self.get(paths::ME).await
    }

    pub async fn update_me(&self, update: &UpdateMe) -> Result<Me> {
        self.call(Method::PATCH, paths::ME, Some(update)).await
    }

    /// What has been agreed to, and when.
    pub async fn consents(&self) -> Result<Vec<Consent>> {
        self.get(paths::CONSENTS).await
    }

    /// Agrees to a version of the privacy policy: the current one. Answers with all consents.
    pub async fn give_consent(&self, policy_version: &str) -> Result<Vec<Consent>> {
        let body = GiveConsent { policy_version: policy_version.to_owned() };
        self.post(paths::CONSENTS, &body).await
    }

    /// Takes the consent back: from then on only what needs none works.
    pub async fn withdraw_consent(&self) -> Result<()> {
        self.delete(paths::CONSENTS).await
    }

    /// What the server knows about this person: every kind of data, and how much of it.
    pub async fn my_data(&self) -> Result<MyData> {
        self.get(paths::MY_DATA).await
    }

    /// Erases the account, at once and for good, and ends this session.
    pub async fn erase_me(&self, password: &str, messages: ErasedMessages) -> Result<ErasureReceipt> {
        let body = EraseMe { password: password.to_owned(), messages };
        let erased: Erased = self.call(Method::DELETE, paths::ME, Some(&body)).await?;
        self.session.end().await;
        Ok(erased.receipt)
    }

    /// Where this account is signed in, the last used first.
    pub async fn sessions(&self) -> Result<Vec<Session>> {
        self.get(paths::SESSIONS).await
    }

    /// Ends one of this account's sessions, and closes its sockets.
    pub async fn end_session(&self, session: SessionId) -> Result<()> {
        self.delete(&paths::session(session)).await
    }

    /// Ends every session of this account but this one.
    pub async fn end_other_sessions(&self) -> Result<()> {
        self.delete(paths::SESSIONS).await
    }

    /// Sets a new password; every other session ends.
    pub async fn change_password(&self, current_password: &str, new_password: &str) -> Result<()> {
        let body = ChangePassword {
            current_password: current_password.to_owned(),
            new_password: new_password.to_owned(),
        };
        self.post(paths::PASSWORD, &body).await
    }

    /// Ten new recovery codes, in place of those before.
    pub async fn renew_recovery_codes(&self, password: &str) -> Result<Vec<String>> {
        let body = RenewRecoveryCodes { password: password.to_owned() };
        let codes: RecoveryCodes = self.post(paths::RECOVERY_CODES, &body).await?;
        Ok(codes.recovery_codes)
    }

    /// Whether signing in takes a code.
    pub async fn second_factor(&self) -> Result<SecondFactor> {
        self.get(paths::SECOND_FACTOR).await
    }

    /// What to set up an authenticator app with; nothing changes before [`Self::confirm_second_factor`].
    pub async fn begin_second_factor(&self, password: &str) -> Result<NewSecondFactor> {
        self.post(paths::SECOND_FACTOR, &ChangeSecondFactor { password: password.to_owned() }).await
    }

    /// From here on signing in takes a code of the app's.
    pub async fn confirm_second_factor(&self, code: &str) -> Result<()> {
        let body = ConfirmSecondFactor { code: code.to_owned() };
        self.call(Method::PUT, paths::SECOND_FACTOR, Some(&body)).await
    }

    pub async fn remove_second_factor(&self, password: &str) -> Result<()> {
        let body = ChangeSecondFactor { password: password.to_owned() };
        self.call(Method::DELETE, paths::SECOND_FACTOR, Some(&body)).await
    }

    /// What happened to this account within the last 90 days, the newest first.
    pub async fn security_log(&self) -> Result<Vec<SecurityEvent>> {
        self.get(paths::SECURITY_LOG).await
    }

    /// Every version of the privacy policy so far, the newest first. Public: needs no session.
    pub async fn privacy_policies(&self) -> Result<Vec<PolicyVersion>> {
        read(self.request(Method::GET, paths::PRIVACY_POLICIES).send().await?).await
    }

    /// Public: needs no session.
    pub async fn privacy_policy(&self) -> Result<PrivacyPolicy> {
        read(self.request(Method::GET, paths::PRIVACY_POLICY).send().await?).await
    }

    /// Everything that a client begins from.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        self.get(paths::SNAPSHOT).await
    }
}
