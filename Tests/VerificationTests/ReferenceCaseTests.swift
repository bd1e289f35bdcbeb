import Foundation
import Glibc
import HDF5
import Testing
import Verification

private let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

private func fixture(_ name: String) -> String {
    tests.appending(path: "Fixtures/\(name).h5").path
}

/// Reference cases beside the package, which not every machine has.
private let sharedCases = tests.appending(path: "../../../shared/reference/cases")
    .standardizedFileURL.path

@Suite("A step agrees with PyTorch in double precision")
struct ReferenceCaseTests {
    @Test(
        "for committed cases",
        arguments: ["basic", "bottleneck-frame", "lstm", "transformer", "truncated", "slowfast"])
    func committed(name: String) throws {
        let report = try ReferenceCase(reading: fixture(name)).verify(threads: 2)
        expectPassed(report)
        #expect(report.clips == 3)
        #expect(
            report.kinds.map(\.name) == [
                "loss", "logits", "gradients", "running statistics", "parameters after",
            ])
    }

    @Test(
        "for the shared cases",
        .enabled(
            if: FileManager.default.fileExists(atPath: sharedCases),
            "there are no shared reference cases beside the package"),
        arguments: [
            "seed-basic", "seed-bottleneck-a-frame", "seed-same-level", "seed-cross-level",
            "encoder-lstm-fast-only", "encoder-transformer", "slowfast-paper",
        ])
    func shared(name: String) throws {
        expectPassed(
            try ReferenceCase(reading: "\(sharedCases)/\(name).h5").verify(threads: 2))
    }

    private func expectPassed(_ report: VerificationReport) {
        for kind in report.kinds {
            // Rounding alone stays far below the limits.
            #expect(kind.worst < kind.limit / 5, "\(kind.tensors[0])")
            #expect(!kind.tensors.isEmpty)
        }
        #expect(report.passed)
    }

    @Test("and reports the same on any number of threads")
    func threads() throws {
        let reference = try ReferenceCase(reading: fixture("basic"))
        let one = try reference.verify(threads: 1)
        let three = try reference.verify(threads: 3)
        #expect(one == three)
    }

    @Test("a missing file is named")
    func missing() {
        let error = #expect(throws: VerificationError.self) {
            try ReferenceCase(reading: "/nowhere/case.h5")
        }
        #expect(error?.description.contains("/nowhere/case.h5") == true)
    }

    @Test("a file that is no reference is refused with what it lacks")
    func foreign() throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "foreign-\(UUID().uuidString).h5").path
        defer { _ = unlink(path) }

        let file = try HDF5File(creating: path)
        try file.setAttribute("format", to: .string("slowfast-clips"))
        try file.finish()
        let error = #expect(throws: VerificationError.self) { try ReferenceCase(reading: path) }
        #expect(error?.description.contains("`config`") == true)
    }
}
