//! NetCDF files of the classic formats, written by hand.

/// `t(time, lat, lon)` of shorts with scale, fill and units, in one of the classic formats.
pub fn classic(version: u8) -> Vec<u8> {
    let wide = version == 5;
    let number = |value: u32| if wide { u64::from(value).to_be_bytes().to_vec() } else { value.to_be_bytes().to_vec() };
    let word = |value: u32| value.to_be_bytes().to_vec();
    let padded = |bytes: &[u8]| [bytes, &[0, 0, 0][..(4 - bytes.len() % 4) % 4]].concat();
    let name = |text: &str| [number(text.len() as u32), padded(text.as_bytes())].concat();
    let text = |key: &str, value: &str| [name(key), word(2), number(value.len() as u32), padded(value.as_bytes())].concat();
    let real = |key: &str, value: f64| [name(key), word(6), number(1), value.to_be_bytes().to_vec()].concat();
    let attributes = |all: Vec<Vec<u8>>| [word(12), number(all.len() as u32), all.concat()].concat();
    let dimensions = [("time", 3), ("lat", 6), ("lon", 8)];
    type Variable<'a> = (&'a str, Vec<u32>, u32, Vec<Vec<u8>>, Vec<u8>);
    let variables: Vec<Variable> = vec![
        (
            "time",
            vec![0],
            6,
            vec![text("units", "days since 2000-01-01"), text("calendar", "360_day")],
            [0.0_f64, 30.0, 60.0].iter().flat_map(|v| v.to_be_bytes()).collect(),
        ),
        (
            "lat",
            vec![1],
            6,
            vec![text("units", "degrees_north")],
            (0..6).flat_map(|i| (f64::from(i) * 10.0 - 25.0).to_be_bytes()).collect(),
        ),
        ("lon", vec![2], 6, vec![text("units", "degrees_east")], (0..8).flat_map(|i| (f64::from(i) * 45.0).to_be_bytes()).collect()),
        (
            "t",
            vec![0, 1, 2],
            3,
            vec![text("units", "K"), real("scale_factor", 0.01), real("add_offset", 250.0), text("cell_methods", "time: mean")],
            (0..144_u16).flat_map(|i| i.wrapping_mul(411).to_be_bytes()).collect(),
        ),
    ];
    let head = |begins: &[u64]| {
        let mut file = vec![b'C', b'D', b'F', version];
        file.extend(number(0));
        file.extend([word(10), number(3)].concat());
        dimensions.iter().for_each(|(key, size)| file.extend([name(key), number(*size)].concat()));
        file.extend(attributes(vec![text("Conventions", "CF-1.8")]));
        file.extend([word(11), number(variables.len() as u32)].concat());
        for ((key, over, kind, own, values), begin) in variables.iter().zip(begins) {
            file.extend([name(key), number(over.len() as u32), over.iter().flat_map(|d| number(*d)).collect()].concat());
            file.extend([attributes(own.clone()), word(*kind), number(values.len() as u32)].concat());
            file.extend(if version == 1 { word(*begin as u32) } else { begin.to_be_bytes().to_vec() });
        }
        file
    };
    let mut begins = vec![head(&[0; 4]).len() as u64];
    for (.., values) in &variables {
        begins.push(begins[begins.len() - 1] + values.len() as u64);
    }
    let mut file = head(&begins);
    variables.iter().for_each(|(.., values)| file.extend(values));
    file
}
