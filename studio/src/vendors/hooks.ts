// What the page of keys and servers asks of the server, and the few things that it changes. Keys of the cache:
// ['admin', 'vendors' | 'buying' | 'budgets' | 'spend' | 'orders' | 'routes'].
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, call, told } from '../api/client';
import type { components } from '../api/schema';
import { useToast } from '../parts/toast';

export type Vendor = components['schemas']['VendorView'];
export type Budget = components['schemas']['BudgetView'];
export type Credit = components['schemas']['Credit'];
export type OrderOut = components['schemas']['OrderOut'];

const FRESH_MS = 10_000;
export const SPEND_DAYS = 30;

export function useVendors() {
  return useQuery({
    queryKey: ['admin', 'vendors'],
    queryFn: async () => (await call(api.GET('/v1/admin/vendors'))).data,
    refetchInterval: FRESH_MS,
  });
}

export function useBuying() {
  return useQuery({ queryKey: ['admin', 'buying'], queryFn: () => call(api.GET('/v1/admin/buying')) });
}

export function useBudgets() {
  return useQuery({
    queryKey: ['admin', 'budgets'],
    queryFn: async () => (await call(api.GET('/v1/admin/budgets'))).data,
  });
}

export function useSpend() {
  return useQuery({
    queryKey: ['admin', 'spend'],
    queryFn: async () => (await call(api.GET('/v1/admin/spend', { params: { query: { days: SPEND_DAYS } } }))).data,
  });
}

export function useOrders() {
  return useQuery({
    queryKey: ['admin', 'orders'],
    queryFn: async () => (await call(api.GET('/v1/admin/orders'))).data,
    refetchInterval: FRESH_MS,
  });
}

export function useRoutes() {
  return useQuery({
    queryKey: ['admin', 'routes'],
    queryFn: async () => (await call(api.GET('/v1/admin/routes'))).data,
  });
}

/** Do something that changes what the page shows; say what it did, or what stood against it. */
export function useAct<T, A>(act: (asked: T) => Promise<A>, done: (asked: T, answer: A) => string) {
  const cache = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: act,
    onSuccess: (answer, asked) => toast(done(asked, answer), { tone: 'ok' }),
    onError: (error) => toast(told(error), { tone: 'bad' }),
    onSettled: () => void cache.invalidateQueries({ queryKey: ['admin'] }),
  });
}
