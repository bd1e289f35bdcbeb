extension ProfileEntry {
    private static let remedy =
        "take the same programs, libraries and kind of processor on all machines, or begin a run that is pinned "
        + "to what they all have (cluster/README.md, Processors of several kinds)"

    /// The first property in which the profile of a machine differs from the one that a run is pinned to, for people;
    /// nil where it computes the same bits.
    public static func difference(
        between pinned: [ProfileEntry], and offered: [ProfileEntry]
    ) -> String? {
        for entry in pinned {
            let other = offered.first { $0.name == entry.name }?.value ?? "nothing"
            if other != entry.value {
                return
                    "numerics profile: the run is pinned to \(entry.name) \"\(entry.value)\" and "
                    + "the worker has \"\(other)\"; \(remedy)"
            }
        }
        let extra = offered.first { entry in !pinned.contains { $0.name == entry.name } }
        return extra.map {
            "numerics profile: the worker has \($0.name) \"\($0.value)\", which the run does not know; "
                + remedy
        }
    }
}
