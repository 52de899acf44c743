/// The same rolls for the same seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    /// Of one input of a run.
    pub fn of(seed: u64, input: u64) -> Self {
        let mut dice = Self(seed ^ input.wrapping_mul(0xd6e8_feb8_6659_fd93));
        dice.word();
        dice
    }
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Below `sides`; 0 for none.
    pub fn roll(&mut self, sides: usize) -> usize {
        (self.word() % sides.max(1) as u64) as usize
    }
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        if list.is_empty() { None } else { list.get(self.roll(list.len())) }
    }
    pub fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
}
