//! One's own account, consents, and the privacy policy.

use crate::http::read;
use crate::{Client, Result};
use reqwest::Method;
use umbrachat_protocol::{
    Consent, EraseMe, Erased, ErasedMessages, ErasureReceipt, GiveConsent, Me, MyData, PrivacyPolicy,
    Snapshot, UpdateMe, paths,
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

    /// Public: needs no session.
    pub async fn privacy_policy(&self) -> Result<PrivacyPolicy> {
        read(self.request(Method::GET, paths::PRIVACY_POLICY).send().await?).await
    }

    /// Everything that a client begins from.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        self.get(paths::SNAPSHOT).await
    }
}
