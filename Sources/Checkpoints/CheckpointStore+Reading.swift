extension CheckpointStore {
    /// The weights of the run at `path`, without owning its directory: the final ones, or those of the
    /// newest valid checkpoint where the run has not ended.
    ///
    /// - Throws: `SavedStateError` where nothing is saved, or what is saved is damaged.
    public static func newest(ofRunAt path: String) throws(SavedStateError) -> Checkpoint {
        let store = CheckpointStore(root: path, storage: Storage(fault: nil))
        if let final = try store.final() { return final }
        let search = try store.latestValid()
        guard let checkpoint = search.checkpoint else {
            let found = search.notes.joined(separator: "; ")
            let notes = found.isEmpty ? "" : " (\(found))"
            throw SavedStateError(
                .missing, path, "has saved no weights yet\(notes)",
                remedy: "go on with the run, or name another one")
        }
        return checkpoint
    }
}
