//! Binary floating-point layouts and the one decoder for all of them.

/// Which codes do not stand for a finite number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specials {
    /// The top exponent holds the infinities and the NaNs (IEEE 754).
    Ieee,
    /// Only the code with all exponent and mantissa bits set is NaN; no infinity (OCP FP8 E4M3).
    AllOnesNan,
    /// Only the code of negative zero is NaN; no infinity ("FNUZ").
    NegativeZeroNan,
    /// Every code is finite (OCP FP6 and FP4).
    AllFinite,
    /// An exponent alone: no sign, no zero, all ones is NaN (OCP E8M0).
    ScaleOnly,
}

/// What kind of number a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Zero, of either sign.
    Zero,
    /// Nonzero, below the smallest normal number.
    Subnormal,
    /// A normal number (or a nonzero integer).
    Normal,
    /// An infinity, of either sign.
    Infinite,
    /// Not a number.
    Nan,
}

/// Sign, exponent and mantissa fields of a binary float, most significant first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloatLayout {
    /// Whether the most significant bit is a sign.
    pub signed: bool,
    /// Width of the exponent field in bits.
    pub exponent_bits: u32,
    /// Width of the mantissa field in bits, the hidden bit not counted.
    pub mantissa_bits: u32,
    /// What is taken from the exponent field of a normal number.
    pub bias: i32,
    /// Which codes are not finite numbers.
    pub specials: Specials,
}

impl FloatLayout {
    /// Width of a code in bits.
    pub const fn bits(&self) -> u32 {
        self.signed as u32 + self.exponent_bits + self.mantissa_bits
    }

    /// The mantissa field of a code.
    pub const fn mantissa_field(&self, code: u64) -> u64 {
        code & ((1 << self.mantissa_bits) - 1)
    }

    /// The exponent field of a code.
    pub const fn exponent_field(&self, code: u64) -> u64 {
        (code >> self.mantissa_bits) & self.exponent_ones()
    }

    /// Whether the sign bit is set.
    pub const fn sign_bit(&self, code: u64) -> bool {
        self.signed && (code >> (self.bits() - 1)) & 1 == 1
    }

    /// What kind of number a code stands for.
    pub const fn classify(&self, code: u64) -> Class {
        let exponent = self.exponent_field(code);
        let mantissa = self.mantissa_field(code);
        let top = exponent == self.exponent_ones();
        match self.specials {
            Specials::Ieee if top && mantissa == 0 => Class::Infinite,
            Specials::Ieee if top => Class::Nan,
            Specials::AllOnesNan if top && mantissa + 1 == 1 << self.mantissa_bits => Class::Nan,
            Specials::NegativeZeroNan if self.sign_bit(code) && exponent == 0 && mantissa == 0 => {
                Class::Nan
            }
            Specials::ScaleOnly if top => Class::Nan,
            Specials::ScaleOnly => Class::Normal,
            _ if exponent != 0 => Class::Normal,
            _ if mantissa != 0 => Class::Subnormal,
            _ => Class::Zero,
        }
    }

    /// The value of a code, exactly: every layout of the table fits `f64`.
    pub fn decode(&self, code: u64) -> f64 {
        let exponent = self.exponent_field(code);
        if self.signed && exponent != 0 && exponent != self.exponent_ones() {
            return self.decode_normal(code);
        }
        let magnitude = match self.classify(code) {
            Class::Nan => return f64::NAN,
            Class::Infinite => f64::INFINITY,
            _ => self.finite_magnitude(code),
        };
        if self.sign_bit(code) {
            -magnitude
        } else {
            magnitude
        }
    }

    /// A normal number, of which the fields of an `f64` are made: the usual case, and quick.
    fn decode_normal(&self, code: u64) -> f64 {
        let sign = (code >> (self.bits() - 1)) << 63;
        let exponent = self.exponent_field(code) as i32 - self.bias + 1023;
        let mantissa = self.mantissa_field(code) << (52 - self.mantissa_bits);
        f64::from_bits(sign | (exponent as u64) << 52 | mantissa)
    }

    /// Exponent of the smallest normal number.
    pub const fn min_exponent(&self) -> i32 {
        match self.specials {
            Specials::ScaleOnly => -self.bias,
            _ => 1 - self.bias,
        }
    }

    /// Exponent of the smallest positive number, subnormals included.
    pub const fn min_subnormal_exponent(&self) -> i32 {
        match self.specials {
            Specials::ScaleOnly => -self.bias,
            _ => 1 - self.bias - self.mantissa_bits as i32,
        }
    }

    /// Exponent of the largest finite number.
    pub const fn max_exponent(&self) -> i32 {
        let top = self.exponent_ones() as i32 - self.bias;
        match self.specials {
            Specials::Ieee | Specials::ScaleOnly => top - 1,
            _ => top,
        }
    }

    /// The code of the largest finite number.
    pub const fn max_finite_code(&self) -> u64 {
        let all_ones = (1 << (self.exponent_bits + self.mantissa_bits)) - 1;
        match self.specials {
            Specials::Ieee => all_ones - (1 << self.mantissa_bits),
            Specials::AllOnesNan | Specials::ScaleOnly => all_ones - 1,
            Specials::NegativeZeroNan | Specials::AllFinite => all_ones,
        }
    }

    pub(super) const fn exponent_ones(&self) -> u64 {
        (1 << self.exponent_bits) - 1
    }

    fn finite_magnitude(&self, code: u64) -> f64 {
        let exponent = self.exponent_field(code) as i32;
        let fraction = self.mantissa_field(code);
        let hidden = 1 << self.mantissa_bits;
        let least = -(self.mantissa_bits as i32);
        match self.specials {
            Specials::ScaleOnly => power_of_two(exponent - self.bias),
            _ if exponent == 0 => scale(fraction, 1 - self.bias + least),
            _ => scale(hidden + fraction, exponent - self.bias + least),
        }
    }
}

/// `significand` × 2^`exponent`, in two steps so that neither factor underflows.
fn scale(significand: u64, exponent: i32) -> f64 {
    let half = exponent / 2;
    significand as f64 * power_of_two(half) * power_of_two(exponent - half)
}

/// 2^`exponent` for a normal exponent of `f64`.
pub(crate) const fn power_of_two(exponent: i32) -> f64 {
    debug_assert!(exponent >= -1022 && exponent <= 1023);
    f64::from_bits(((exponent + 1023) as u64) << 52)
}
