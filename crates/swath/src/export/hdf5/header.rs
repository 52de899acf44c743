use super::checksum::lookup3;
use super::messages::Message;

/// An object header of version 2 in one chunk (IV.A.1.b).
pub fn encode(messages: &[Message]) -> Vec<u8> {
    let size: usize = messages.iter().map(|m| 4 + m.body.len()).sum();
    let mut out = b"OHDR".to_vec();
    // Version; the size of the chunk takes four bytes.
    out.extend([2, 0b10]);
    out.extend((size as u32).to_le_bytes());
    for message in messages {
        out.push(message.kind);
        out.extend((message.body.len() as u16).to_le_bytes());
        out.push(0);
        out.extend(&message.body);
    }
    out.extend(lookup3(&out).to_le_bytes());
    out
}
