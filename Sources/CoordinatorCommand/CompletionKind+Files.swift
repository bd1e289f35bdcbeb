import ArgumentParser

/// What a shell offers where a file of ours is wanted; folders are offered, too.
extension CompletionKind {
    static var configurations: CompletionKind { .file(extensions: ["yaml", "yml"]) }
    static var datasets: CompletionKind { .file(extensions: ["h5", "hdf5"]) }
    static var weights: CompletionKind { .file(extensions: ["safetensors"]) }
    static var splits: CompletionKind { .list(["train", "val", "test"]) }
}
