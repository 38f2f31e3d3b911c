//! Made scans: ScanNet- and ScanRefer-shaped data with known truth.
