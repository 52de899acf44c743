//! Tokens of Microsoft Entra: who this process is, asked of the first source that is set up, kept until they lapse.

mod authority;
mod az;
mod grant;
mod line;
mod managed;
mod principal;
mod settings;
mod tokens;

pub use authority::Scope;
pub use tokens::Tokens;
