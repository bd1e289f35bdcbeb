import ClipDatasets
import Foundation
import Testing

/// A Python interpreter with h5py, where the environment names one.
private let python = ProcessInfo.processInfo.environment["LOCKSTEP_PYTHON"]

private let script = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Peers/h5py_roundtrip.py").path

@Suite(
    "Files exchanged with h5py",
    .enabled(if: python != nil, "LOCKSTEP_PYTHON names no Python with h5py and numpy"))
struct PythonPeerTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Runs the script; what it prints is in the failure.
    private func run(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: try #require(python))
        process.arguments = [script] + arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "h5py_roundtrip.py \(arguments)")
    }

    @Test("h5py reads what we write", arguments: ClipLayout.allCases)
    func weWrite(layout: ClipLayout) throws {
        let path = folder.file("ours.h5")
        let gzip = layout == .frames ? 4 : nil
        try SampleClips.write(path, storage: ClipStorage(layout: layout, gzip: gzip))
        try run("check", path, layout.rawValue)
    }

    @Test("we read what h5py writes", arguments: ["frames", "jpeg", "v110"])
    func theyWrite(kind: String) throws {
        let path = folder.file("theirs.h5")
        try SampleClips.write(folder.file("jpegs.h5"), storage: ClipStorage(layout: .jpeg))
        try run("write", path, kind, folder.file("jpegs.h5"))
        let dataset = try ClipDataset(path: path)
        #expect(dataset.classNames == ["jump", "run", "Zürich"])
        let split = try dataset.split("train")
        #expect(split.labels == [2, 0, 1])
        #expect(split.videoIDs == ["v0", "v1", "v2"])
        let pixels = try split.readClip(1, frames: 1..<3).decoded()
        if kind == "jpeg" {
            #expect(pixels.count == 2 * 6 * 8 * 3)
        } else {
            #expect(pixels == (1..<3).flatMap { [UInt8](repeating: UInt8(10 + $0), count: 144) })
        }
    }

    @Test("a filter that only h5py's own library has is named")
    func missingFilter() throws {
        let path = folder.file("lzf.h5")
        try run("lzf", path)
        let split = try ClipDataset(path: path).split("train")
        let error = try #require(throws: ClipDatasetError.self) { try split.readClip(0) }
        #expect(error.description.contains("32000") && error.description.contains("lzf"))
    }
}
