extension StringProtocol {
    /// In quotes, as a shell takes it for one word whatever is in it.
    public var shellQuoted: String {
        "'"
            + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'"
    }
}
