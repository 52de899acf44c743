use std::fmt;

use crate::{Error, Result};

/// How often, and where, Azure keeps each byte of a general-purpose v2 account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sku {
    #[default]
    StandardLrs,
    StandardZrs,
    StandardGrs,
    StandardRagrs,
    StandardGzrs,
    StandardRagzrs,
}

/// What a person has to know of one sku. Copies and nines: learn.microsoft.com/azure/storage/common/storage-redundancy.
struct Facts {
    name: &'static str,
    copies: &'static str,
    nines: u8,
    /// Price per stored byte beside `Standard_LRS`, hot tier, rounded; prices differ by region.
    cost: &'static str,
    meaning: &'static str,
}

impl Sku {
    pub const ALL: [Self; 6] =
        [Self::StandardLrs, Self::StandardZrs, Self::StandardGrs, Self::StandardRagrs, Self::StandardGzrs, Self::StandardRagzrs];

    /// By the name that Azure uses, in any case, with or without `Standard_`, with or without the dash of `RA-GRS`.
    ///
    /// # Errors
    /// Misuse that lists what there is, each with its meaning.
    ///
    /// ```
    /// # use swath_store::manage::Sku;
    /// assert_eq!(Sku::parse("ra-grs")?, Sku::StandardRagrs);
    /// assert!(Sku::parse("Premium_LRS").is_err());
    /// # Ok::<(), swath_store::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
        let asked = plain(text);
        let found = Self::ALL.into_iter().find(|sku| plain(sku.name()) == asked || plain(sku.name()) == format!("standard{asked}"));
        found.ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|sku| sku.name()).collect();
            Error::misuse("--sku", format!("'{text}' is no sku of a general-purpose account"), format!("one of {}", all.join(", ")))
        })
    }
    /// As Azure spells it.
    pub fn name(self) -> &'static str {
        self.facts().name
    }
    /// Durability and cost in one line.
    pub fn explained(self) -> String {
        let Facts { name, copies, nines, cost, meaning } = self.facts();
        format!("{name}: {copies}, {nines} nines of durability a year, {cost}; {meaning}")
    }

    fn facts(self) -> Facts {
        let facts = |name, copies, nines, cost, meaning| Facts { name, copies, nines, cost, meaning };
        match self {
            Self::StandardLrs => facts(
                "Standard_LRS",
                "3 copies in one data centre",
                11,
                "the cheapest",
                "right for what can be built again from raw files; a lost data centre loses it",
            ),
            Self::StandardZrs => facts(
                "Standard_ZRS",
                "3 copies in three data centres of one region",
                12,
                "about 1.25 times the price of LRS",
                "stays readable and writable when one data centre fails",
            ),
            Self::StandardGrs => facts(
                "Standard_GRS",
                "6 copies, 3 in each of two regions",
                16,
                "about 2 times the price of LRS and a fee for each byte copied over",
                "the second region can be read only after a failover",
            ),
            Self::StandardRagrs => facts(
                "Standard_RAGRS",
                "6 copies, 3 in each of two regions",
                16,
                "about 2.5 times the price of LRS and a fee for each byte copied over",
                "the second region can be read at any time at ACCOUNT-secondary, minutes behind",
            ),
            Self::StandardGzrs => facts(
                "Standard_GZRS",
                "6 copies, 3 data centres of one region and 3 copies in a second region",
                16,
                "about 2.25 times the price of LRS and a fee for each byte copied over",
                "the second region can be read only after a failover",
            ),
            Self::StandardRagzrs => facts(
                "Standard_RAGZRS",
                "6 copies, 3 data centres of one region and 3 copies in a second region",
                16,
                "about 2.8 times the price of LRS and a fee for each byte copied over",
                "the second region can be read at any time at ACCOUNT-secondary, minutes behind",
            ),
        }
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sku_is_found_by_its_names_and_explained_in_one_line() {
        for sku in Sku::ALL {
            let short = sku.name().strip_prefix("Standard_").unwrap();
            for name in [sku.name().to_owned(), sku.name().to_lowercase(), short.to_owned(), short.replacen("RAG", "RA-G", 1)] {
                assert_eq!(Sku::parse(&name).unwrap(), sku, "{name}");
            }
            let line = sku.explained();
            assert!(line.contains("copies") && line.contains("nines") && !line.contains('\n'), "{line}");
        }
        assert!(Sku::parse("LSR").unwrap_err().to_string().contains("Standard_LRS, Standard_ZRS"));
    }
}
