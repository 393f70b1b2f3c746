import { expect, it } from 'vitest';
import { means, samples, total } from './metrics';

const TEXT = `# HELP vitascope_step_seconds one denoising step
# TYPE vitascope_step_seconds histogram
vitascope_step_seconds_bucket{le="+Inf",model="nano"} 4.0
vitascope_step_seconds_count{model="nano"} 4.0
vitascope_step_seconds_sum{model="nano"} 6.0
vitascope_step_seconds_count{model="other"} 0.0
vitascope_step_seconds_sum{model="other"} 0.0
vitascope_http_requests_total{method="GET",route="/v1/videos/{id}",status="200"} 7.0
vitascope_http_requests_total{method="POST",route="/v1/videos",status="500"} 2.0
vitascope_queue_oldest_seconds 1.5e+00
`;

it('reads the numbers with their labels', () => {
  const found = samples(TEXT);
  expect(found).toHaveLength(8);
  expect(found.at(-1)).toEqual({ name: 'vitascope_queue_oldest_seconds', labels: {}, value: 1.5 });
  expect(found[5].labels.route).toBe('/v1/videos/{id}');
});

it('makes means of what was counted, and none of what was not', () => {
  expect(means(samples(TEXT), 'vitascope_step_seconds', 'model')).toEqual([{ key: 'nano', mean: 1.5, count: 4 }]);
});

it('sums what fits', () => {
  expect(total(samples(TEXT), 'vitascope_http_requests_total')).toBe(9);
  expect(total(samples(TEXT), 'vitascope_http_requests_total', ({ status }) => status.startsWith('5'))).toBe(2);
});
