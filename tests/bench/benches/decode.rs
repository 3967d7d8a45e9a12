//! Times decoding of the documented answers.

use std::time::Duration;

use acquire_io_bench::answers::{ANSWERS, Into};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn decode(criterion: &mut Criterion) {
    for answer in ANSWERS {
        let mut group = criterion.benchmark_group(answer.name);
        group.throughput(Throughput::Bytes(answer.body.len() as u64));
        for into in Into::ALL {
            group.bench_function(BenchmarkId::from_parameter(into.name()), |bencher| {
                bencher.iter(|| answer.decode(into));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1));
    targets = decode
}
criterion_main!(benches);
