//! Cameras, test pictures and films, behind one `Camera`.

mod spec;

pub use spec::CameraSpec;
