//! Casts of tensors in parts: nothing depends on where they were cut or how their bytes came.

mod cuts;
