metadata description = 'Tells people when the resource group costs more than was meant.'

@description('Required. Name of the budget.')
param name string

@description('Required. What a month may cost, in the currency of the subscription.')
param amount int

@description('Required. First day of its first month; a budget\'s beginning cannot be changed.')
param start string

@description('Required. Who is told, by e-mail.')
param emails string[]

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: name
  properties: {
    amount: amount
    category: 'Cost'
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: start
    }
    notifications: {
      nearlySpent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: emails
      }
      likelyOverspent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: emails
      }
    }
  }
}
