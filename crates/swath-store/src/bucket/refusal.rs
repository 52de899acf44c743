use super::{Bucket, Cloud};
use crate::credentials::Secret;
use crate::refusal::{Action, Spot};
use crate::wire::{Answer, Failure};
use crate::{Error, Family};

impl Bucket {
    /// What a failed request means for the person.
    pub(super) fn error(&self, failure: &Failure, at: &str, action: Action) -> Error {
        let spot = Spot { at, action, secret: &Secret::Anonymous, account: None, other: None };
        let Failure::Answer(answer) = failure else { return spot.error(failure) };
        match (answer.status.as_u16(), answer.code.as_str()) {
            (_, "NoSuchBucket") => {
                let make = match self.place.cloud {
                    Cloud::S3 => format!("aws s3 mb s3://{}", self.place.bucket),
                    Cloud::Google => format!("gcloud storage buckets create gs://{}", self.place.bucket),
                };
                Error::new(Family::Absent, at, "the bucket does not exist", "").hint(make)
            }
            (301 | 307 | 308, _) | (400, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
                Error::new(Family::Refused, at, format!("the bucket is in another region{}", says(answer)), "its own region")
                    .hint("set AWS_REGION to the region of the bucket")
            }
            // A bearer that has lapsed is told as 400 by S3.
            (401 | 403, _) | (400, "ExpiredToken" | "InvalidToken") => self.refused(answer, at, action),
            (404, _) if action != Action::Read && action != Action::Delete => {
                Error::new(Family::Conflict, at, "was removed by somebody else", "")
            }
            (409 | 412, _) if action == Action::Create => Error::new(Family::Conflict, at, "exists already", ""),
            (409 | 412, _) if action == Action::Write => Error::new(Family::Conflict, at, "was changed by somebody else", ""),
            (400, "BadDigest" | "XAmzContentSHA256Mismatch" | "XAmzContentChecksumMismatch") => {
                Error::new(Family::Unreachable, at, format!("the bytes arrived damaged ({})", answer.code), "")
                    .hint("run the same command again")
            }
            _ => spot.error(failure),
        }
    }
    /// Credentials are needed and there are none.
    pub(super) fn anonymous(&self, at: &str, action: Action) -> Error {
        Error::new(Family::Refused, at, format!("no credentials to {} with", action.words()), self.right()).hint(self.set())
    }

    fn refused(&self, answer: &Answer, at: &str, action: Action) -> Error {
        let said = format!("refused to {} (HTTP {}{})", action.words(), answer.status.as_u16(), named(answer));
        if !self.given {
            return Error::new(Family::Refused, at, format!("{said}: no credentials were given"), self.right()).hint(self.set());
        }
        let (why, hint) = match answer.code.as_str() {
            "InvalidAccessKeyId" => {
                ("the access key is not known", "check AWS_ACCESS_KEY_ID, and AWS_ENDPOINT_URL where another server is meant")
            }
            "SignatureDoesNotMatch" => {
                ("the secret key does not belong to the access key", "check AWS_SECRET_ACCESS_KEY for characters that were lost")
            }
            "ExpiredToken" | "TokenRefreshRequired" => {
                ("the session has ended", "sign in again: eval \"$(aws configure export-credentials --format env)\"")
            }
            "InvalidToken" => {
                ("the session token is not valid", "AWS_SESSION_TOKEN must be of the same session as the keys; unset it for lasting keys")
            }
            "RequestTimeTooSkewed" => ("this machine's clock is wrong", "set the clock, then run the same command again"),
            _ => (
                "these credentials may not do that",
                "the rights s3:GetObject, s3:PutObject, s3:ListBucket (or Storage Object User) are needed",
            ),
        };
        Error::new(Family::Refused, at, format!("{said}: {why}"), "").hint(hint)
    }
    fn right(&self) -> &'static str {
        match self.place.cloud {
            Cloud::S3 => "an access key of AWS",
            Cloud::Google => "a service account of Google Cloud",
        }
    }
    fn set(&self) -> &'static str {
        match self.place.cloud {
            Cloud::S3 if self.profile => {
                "AWS_PROFILE is not read: eval \"$(aws configure export-credentials --format env)\" sets what is needed"
            }
            Cloud::S3 => "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (AWS_SESSION_TOKEN for a session)",
            Cloud::Google => "set GOOGLE_APPLICATION_CREDENTIALS to the JSON file of a service account",
        }
    }
}

fn named(answer: &Answer) -> String {
    if answer.code.is_empty() { String::new() } else { format!(" {}", answer.code) }
}

fn says(answer: &Answer) -> String {
    if answer.message.is_empty() { String::new() } else { format!(" ({})", answer.message) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{BucketPlace, Settings};
    use super::*;

    fn bucket(settings: &[(&str, &str)]) -> Bucket {
        let mut given = Settings::default();
        settings.iter().for_each(|(name, value)| given.set(name, value));
        let place = BucketPlace { cloud: Cloud::S3, bucket: "maps".into(), prefix: String::new() };
        Bucket::new(place, &given, Arc::default()).unwrap()
    }

    #[test]
    fn every_refusal_says_why_and_what_to_set() {
        let keys = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "CANARY"), ("AWS_SESSION_TOKEN", "CANARY")];
        for (settings, status, code, action, family, words) in [
            (&[][..], 403, "AccessDenied", Action::Read, Family::Refused, "AWS_ACCESS_KEY_ID"),
            (&[("AWS_PROFILE", "work")], 403, "AccessDenied", Action::Read, Family::Refused, "AWS_PROFILE is not read"),
            (&keys, 403, "AccessDenied", Action::Write, Family::Refused, "s3:PutObject"),
            (&keys, 403, "SignatureDoesNotMatch", Action::Read, Family::Refused, "AWS_SECRET_ACCESS_KEY"),
            (&keys, 403, "RequestTimeTooSkewed", Action::Read, Family::Refused, "clock"),
            (&keys, 400, "ExpiredToken", Action::List, Family::Refused, "export-credentials"),
            (&keys, 301, "PermanentRedirect", Action::List, Family::Refused, "AWS_REGION"),
            (&keys, 404, "NoSuchBucket", Action::List, Family::Absent, "aws s3 mb s3://maps"),
            (&keys, 404, "NoSuchKey", Action::Read, Family::Absent, "not found"),
            (&keys, 404, "NoSuchKey", Action::Write, Family::Conflict, "removed"),
            (&keys, 412, "PreconditionFailed", Action::Create, Family::Conflict, "exists already"),
            (&keys, 409, "ConditionalRequestConflict", Action::Write, Family::Conflict, "changed by somebody"),
            (&keys, 412, "PreconditionFailed", Action::Read, Family::Conflict, "while it was read"),
            (&keys, 503, "SlowDown", Action::Read, Family::Unreachable, "busy"),
        ] {
            let answer = Answer {
                status: reqwest::StatusCode::from_u16(status).unwrap(),
                code: code.into(),
                message: String::new(),
                wait: None,
                tries: 1,
            };
            let error = bucket(settings).error(&Failure::Answer(answer), "s3://maps/a", action);
            let text = format!("{error} {}", error.hint.clone().unwrap_or_default());
            assert!(error.family == family && text.contains(words), "{status} {code}: {error:?}");
            assert!(!format!("{error:?}").contains("CANARY"));
        }
    }
}
