extension TransportConfiguration {
    init(reading section: inout SectionReader) {
        let standard = TransportConfiguration()
        self.init(
            prefetchBytes: section.bytes("prefetch_bytes", default: standard.prefetchBytes),
            chunkBytes: section.bytes("chunk_bytes", default: standard.chunkBytes),
            workerTimeout: section.duration("worker_timeout", default: standard.workerTimeout),
            cleartextGradients: section.flag(
                "cleartext_gradients", default: standard.cleartextGradients))
    }

    var canonical: CanonicalValue {
        .section([
            .neutral("prefetch_bytes", .scalar(ByteCount.text(prefetchBytes))),
            .neutral("chunk_bytes", .scalar(ByteCount.text(chunkBytes))),
            .neutral("worker_timeout", .scalar(TimeSpan.text(workerTimeout))),
            .neutral("cleartext_gradients", .scalar(String(cleartextGradients))),
        ])
    }
}
