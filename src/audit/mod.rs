//! The audit: reads a scan and says what is wrong; changes nothing.
