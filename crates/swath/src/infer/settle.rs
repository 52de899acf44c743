use super::columns::{Columns, Sample};
use super::draft::Draft;
use super::{merge, split};

/// The datasets of a folder, each with a pattern that takes its own files and no others.
pub(super) fn drafts(samples: &[Sample]) -> Vec<Draft<'_>> {
    let all: Vec<&Sample> = samples.iter().collect();
    let drafts = Columns::tables(&all).iter().flat_map(split::drafts).collect();
    let drafts = merge::merged(drafts);
    drafts.into_iter().map(|draft| exact(draft, samples)).collect()
}

/// Tells its variables by name where its pattern would take another dataset's files.
fn exact<'s>(draft: Draft<'s>, samples: &[Sample]) -> Draft<'s> {
    if !takes_others(&draft, samples) {
        return draft;
    }
    let told = draft.clone().told_variables();
    if told.reads_its_files() && !takes_others(&told, samples) { told } else { draft }
}

fn takes_others(draft: &Draft<'_>, samples: &[Sample]) -> bool {
    let matchers = draft.matchers();
    let matched = samples.iter().filter(|s| matchers.iter().any(|p| p.captures(&s.rel).is_some())).count();
    matched > draft.members.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `names => pattern | variables | item key | first date`, a line per dataset.
    fn check(names: &[&str], expected: &[&str]) {
        let mut names: Vec<&str> = names.to_vec();
        names.sort_unstable();
        let samples: Vec<Sample> = names.iter().map(|n| Sample { rel: (*n).to_owned(), facts: None }).collect();
        let found: Vec<String> = drafts(&samples)
            .iter()
            .map(|d| {
                let variables = d.variables().into_iter().collect::<Vec<_>>().join(",");
                format!("{} | {variables} | {} | {}", d.patterns().join(" + "), d.members[0].key.join(","), d.members[0].date)
            })
            .collect();
        assert_eq!(found, expected, "{names:?}");
    }

    fn product(format: &str, lists: &[&[&str]]) -> Vec<String> {
        let mut out = vec![format.to_owned()];
        for (i, list) in lists.iter().enumerate() {
            out = out.iter().flat_map(|f| list.iter().map(|v| f.replace(&format!("<{i}>"), v)).collect::<Vec<_>>()).collect();
        }
        out
    }

    fn check_product(format: &str, lists: &[&[&str]], expected: &[&str]) {
        let names = product(format, lists);
        check(&names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn scenes_in_folders_that_repeat_their_names() {
        let scenes = [
            ("013032", "20180131", "20180207"),
            ("013032", "20180405", "20180417"),
            ("014031", "20180106", "20180119"),
            ("014032", "20180311", "20180320"),
        ];
        let names: Vec<String> = scenes
            .iter()
            .flat_map(|(t, d, p)| ["B1", "B2", "B10", "BQA"].map(|b| format!("LC08_L1TP_{t}_{d}_{p}_01_T1/LC08_L1TP_{t}_{d}_{b}.TIF")))
            .collect();
        let pattern = "LC08_L1TP_{tile}_{date:%Y%m%d}_{date2:%Y%m%d}_01_T1/LC08_L1TP_{tile}_{date:%Y%m%d}_{variable}.TIF";
        check(&names.iter().map(String::as_str).collect::<Vec<_>>(), &[&format!("{pattern} | B1,B10,B2,BQA | 013032 | 20180131")]);
    }

    #[test]
    fn a_tier_that_varies_is_no_identity() {
        let scenes = [
            ("LC08", "013032", "20180131", "T1"),
            ("LE07", "013032", "20180208", "T2"),
            ("LC08", "014031", "20180131", "T1"),
            ("LE07", "014031", "20180311", "T1"),
        ];
        let names: Vec<String> = scenes.iter().flat_map(|(s, t, d, k)| ["B1", "B2"].map(|b| format!("{s}_{t}_{d}_{k}_{b}.TIF"))).collect();
        check(
            &names.iter().map(String::as_str).collect::<Vec<_>>(),
            &["{other}_{tile}_{date:%Y%m%d}_{other2}_{variable}.TIF | B1,B2 | 013032 | 20180131"],
        );
    }

    #[test]
    fn maps_of_tiles() {
        check_product(
            "ndvi_<0>_2020_<1>.tif",
            &[&["b1", "b2"], &["r0c0", "r0c1", "r1c0"]],
            &["ndvi_{variable}_{date:%Y}_{tile}.tif | b1,b2 | r0c0 | 2020"],
        );
        check(&["ndvi_b1_2020_r0c1.tif"], &["ndvi_{variable}_{date:%Y}_{tile}.tif | b1 | r0c1 | 2020"]);
        check_product(
            "<0>/<1>_20200105.tif",
            &[&["B02", "B03", "B8A"], &["32633", "32634"]],
            &["{variable}/{tile}_{date:%Y%m%d}.tif | B02,B03,B8A | 32633 | 20200105"],
        );
        check_product("tile_<0>_<1>/height.tif", &[&["12", "13"], &["34", "35"]], &["tile_{tile}/{variable}.tif | height | 12_34 | "]);
        check_product(
            "tile_12_<0>/<1>.tif",
            &[&["34", "35"], &["height", "slope"]],
            &["tile_{tile}/{variable}.tif | height,slope | 12_34 | "],
        );
        check_product("tile_<0>.tif", &[&["001", "002", "003"]], &["tile_{tile}.tif | data | 001 | "]);
        check_product("cover_<0>.tif", &[&["h09v05", "h10v05"]], &["{variable}_{tile}.tif | cover | h09v05 | "]);
        check_product("canopy_height_<0>.tif", &[&["h09v05", "h10v05"]], &["canopy_height_{tile}.tif | canopy_height | h09v05 | "]);
    }

    #[test]
    fn dates_in_many_spellings() {
        check_product(
            "<0>/01/<1>/<2>.tif",
            &[&["2020"], &["05", "15"], &["t1", "t2"]],
            &["{date:%Y}/{date:%m}/{date:%d}/{tile}.tif | data | t1 | 20200105"],
        );
        check_product(
            "x_<0>-<1>-03_<2>.tif",
            &[&["2020", "2021"], &["01", "02"], &["b1", "b2"]],
            &["x_{date:%Y}-{date:%m}-{date:%d}_{variable}.tif | b1,b2 |  | 20200103"],
        );
        check_product(
            "MOD.A<0>.<1>.006.2022101145817.tif",
            &[&["2022081", "2022097"], &["h09v05", "h10v05"]],
            &["{variable}.A{date:%Y%j}.{tile}.006.2022101145817.tif | MOD | h09v05 | 20220322"],
        );
        check(
            &["MOD13Q1.A2021153.h18v03.006.tif", "MOD13Q1.A2021169.h18v03.006.tif"],
            &["MOD13Q1.A{date:%Y%j}.{tile}.006.tif | data | h18v03 | 20210602"],
        );
        check_product(
            "<0>_20200105T101112_<1>.tif",
            &[&["T32TQM", "T32TQN"], &["B02", "B03"]],
            &["{tile}_{date:%Y%m%dT%H%M%S}_{variable}.tif | B02,B03 | T32TQM | 20200105T101112"],
        );
        check_product("<0>2020.tif", &[&["ndvi", "evi"]], &["{variable}{date:%Y}.tif | evi,ndvi |  | 2020"]);
        check_product(
            "<0>/<0><1>_<2>.tif",
            &[&["2019", "2020"], &["0105", "0607"], &["B1", "B2"]],
            &["{date:%Y}/{date:%Y%m%d}_{variable}.tif | B1,B2 |  | 20190105"],
        );
        check(&["lst_2021-W12.tif", "lst_2021-W13.tif"], &["{variable}_{date:%G}-{date:W%V}.tif | lst |  | 2021W12"]);
        check(&["lst_2021W12.tif", "lst_2021W13.tif"], &["{variable}_{date:%GW%V}.tif | lst |  | 2021W12"]);
        check_product(
            "<0>_2020_<1>.tif",
            &[&["evi", "lst"], &["Q1", "Q2"]],
            &["{variable}_{date:%Y}_{date:Q%q}.tif | evi,lst |  | 2020Q1"],
        );
        check(&["tp_200001-200012.tif", "tp_200101-200112.tif"], &["{variable}_{start:%Y%m}-{end:%Y%m}.tif | tp |  | 200001_200012"]);
    }

    #[test]
    fn scenes_without_a_date() {
        check_product("l8_<0>.tif", &[&["B2", "B3", "B10", "BQA"]], &["l8_{variable}.tif | B10,B2,B3,BQA |  | "]);
        check_product("<0>.tif", &[&["B2", "B3"]], &["{variable}.tif | B2,B3 |  | "]);
        check(&["worldmap.tif"], &["worldmap.tif | worldmap |  | "]);
        check(&["tree_cover_density_2018_romania.tif"], &["tree_cover_density_{date:%Y}_romania.tif | tree_cover_density |  | 2018"]);
    }

    #[test]
    fn different_grammars_are_different_datasets() {
        let mut names = product("map4/<0>_<1>.tif", &[&["b1", "b2", "b3", "b4"], &["r0c0", "r0c1"]]);
        names.extend(product("map260/<0>_<1>_2020.tif", &[&["cover", "conf"], &["r0c0", "r5c5"]]));
        names.push("height.tif".to_owned());
        check(
            &names.iter().map(String::as_str).collect::<Vec<_>>(),
            &[
                "height.tif | height |  | ",
                "map260/{variable}_{tile}_{date:%Y}.tif | conf,cover | r0c0 | 2020",
                "map4/{variable}_{tile}.tif | b1,b2,b3,b4 | r0c0 | ",
            ],
        );
    }

    #[test]
    fn two_maps_of_one_grammar_are_told_apart_by_their_folders() {
        let mut names = product("map4/<0>_<1>.tif", &[&["b1", "b2", "b3", "b4"], &["r0c0", "r0c1"]]);
        names.extend(product("map260/<0>_<1>.tif", &[&["cover", "conf"], &["r7c0", "r5c5"]]));
        check(
            &names.iter().map(String::as_str).collect::<Vec<_>>(),
            &["map260/{variable}_{tile}.tif | conf,cover | r5c5 | ", "map4/{variable}_{tile}.tif | b1,b2,b3,b4 | r0c0 | "],
        );
    }

    #[test]
    fn variables_of_different_length_are_one_dataset() {
        check_product(
            "tile_<0>_<1>.tif",
            &[&["1", "2", "3"], &["ndvi", "evi", "cloud_mask"]],
            &["tile_{tile}_{variable}.tif | cloud_mask,evi,ndvi | 1 | "],
        );
        check_product(
            "<0>_<1>_2020.tif",
            &[&["ndvi", "cloud_mask"], &["r0c0", "r0c1"]],
            &["{variable:cloud_mask|ndvi}_{tile}_{date:%Y}.tif | cloud_mask,ndvi | r0c0 | 2020"],
        );
    }

    #[test]
    fn what_the_variable_tells_is_not_asked_again() {
        let scene = "S2_<0>/<1>/T_<0>_<2>_<1>.tif";
        let mut names = product(scene, &[&["20200105", "20200110"], &["10m"], &["B02", "B03"]]);
        names.extend(product(scene, &[&["20200105", "20200110"], &["20m"], &["B05", "SCL"]]));
        let pattern = "S2_{date:%Y%m%d}/*/T_{date:%Y%m%d}_{variable}_*.tif";
        check(&names.iter().map(String::as_str).collect::<Vec<_>>(), &[&format!("{pattern} | B02,B03,B05,SCL |  | 20200105")]);
        check_product(
            "<0>_lat<1>_lon<2>.tif",
            &[&["max", "mean"], &["-10", "0"], &["20", "30"]],
            &["{variable}_{tile}.tif | max,mean | lat-10_lon20 | "],
        );
        check_product(
            "<0>_<1>_r0c<2>.tif",
            &[&["clay", "soc"], &["mean", "Q0.05"], &["0", "1"]],
            &["{variable:clay_Q0.05|clay_mean|soc_Q0.05|soc_mean}_{tile}.tif | clay_Q0.05,clay_mean,soc_Q0.05,soc_mean | r0c0 | "],
        );
    }

    #[test]
    fn names_of_people() {
        check_product("my maps/height <0> (final).TIF", &[&["r0c0", "r0c1"]], &["my maps/height {tile} (final).TIF | height | r0c0 | "]);
        check(
            &["a_r0c0.tif", "a_r0c1.TIF", "a_r1c0.tiff"],
            &["{variable}_{tile}.TIF + {variable}_{tile}.tif + {variable}_{tile}.tiff | a | r0c0 | "],
        );
    }
}
